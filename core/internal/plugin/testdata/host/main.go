// Command host is a server reduced to its plugin host, for tests that kill it.
// Its arguments are the plugin directory, the plugin and the run directory; it
// prints the plugin's process id and waits.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jackfield/jackfield/core/internal/plugin"
	"github.com/jackfield/jackfield/sdk/contract"
)

func main() {
	h, err := plugin.Start(context.Background(), plugin.Options{
		Dir: os.Args[1], RunDir: os.Args[3],
		Plugins: map[string]plugin.PluginConfig{os.Args[2]: {Drivers: []string{"fake"}}},
		Choices: map[contract.Kind]plugin.Choice{contract.KindCache: {Driver: "fake"}},
	})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(h.Status()[0].PID)
	select {}
}
