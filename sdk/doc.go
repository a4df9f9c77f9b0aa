// Package sdk is what a plugin is made of. A plugin is a program that serves
// one or more drivers, each of one kind of backend: app manager, cache, queue,
// rate limiter or adapter. Its main is the table of contents:
//
//	func main() {
//		sdk.Serve(sdk.Plugin{
//			Name:    "memcached",
//			Version: "1.0.0",
//			Drivers: []sdk.Driver{sdk.CacheDriver("memcached", openCache)},
//		})
//	}
//
// A driver is opened by a function that gets its options, already decoded and
// checked, and returns something ready to use:
//
//	type options struct {
//		Servers []string   `json:"servers" jsonschema:"addresses of the servers"`
//		User    string     `json:"user"`
//		Secret  sdk.Secret `json:"secret"`
//	}
//
//	func (o *options) Defaults() { o.Servers = []string{"127.0.0.1:11211"} }
//
//	func openCache(ctx context.Context, o options, env sdk.Env) (*cache, error)
//
// What only the driver knows about its options it checks when it is opened:
// [OptionErrors] collects all that is wrong, each with its option.
//
// *cache implements [Cache], whose comments are the contract, and whichever of
// the small interfaces beside it ([CacheCounter], [CacheBatcher], ...) the
// backend can fulfil; each of them is declared to the server as a capability.
// The names of package contract are repeated here, so that an author needs to
// import this package only. The suites of sdk/plugintest tell whether a driver
// keeps the contract. The example of this package is a whole plugin; docs/plugins.md
// leads from an empty directory to one that runs.
//
// The file of the built program is named like the plugin and put into the
// server's plugin directory. By hand it answers to "describe", "version" and
// "serve --debug".
//
// What drivers of a kind have in common is in small packages of its own, to be
// used or not: sdk/appjson reads and writes apps, sdk/appstore is an app manager
// on a table with conditional writes, sdk/appwatch tells watchers of changes of
// apps, sdk/jobrules knows what a job may be and when it is tried again,
// sdk/cacherules what a cache takes, and sdk/wholebody keeps the AWS SDK from
// losing answers.
//
// Rules for drivers: log through [Env].Logger; standard output belongs to the
// server (what is printed there ends on standard error); keep no secrets in
// errors; return when the context ends.
package sdk
