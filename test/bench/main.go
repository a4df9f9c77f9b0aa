//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/target"
)

func main() { os.Exit(testserver.Run(program{})) }

// program is what runs while the servers that were started for it do.
type program struct{}

// Run returns the exit code.
func (program) Run() int {
	ok, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if !ok || err != nil {
		return 1
	}
	return 0
}

// run reports whether all bars were met.
func run() (ok bool, err error) {
	quick := flag.Bool("quick", false, "few and short rounds, small crowds: a look, no verdict")
	only := flag.String("only", "", "measure only figures whose names match this regular `expression`")
	jsonFile := flag.String("json", "", "write the rows to this `file` as well, as JSON")
	floor := flag.Bool("floor", false, "internal: be a floor of so many connections")
	drain := flag.Bool("drain", false, "internal: read from so many connections to an address")
	flag.Parse()
	switch {
	case *floor:
		return true, beFloor(flag.Args())
	case *drain:
		return true, beDrain(flag.Args())
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return false, fmt.Errorf("-only: %w", err)
	}
	processors, err := target.Settle()
	if err != nil {
		return false, err
	}
	s := &suite{scale: full}
	if *quick {
		s.scale, s.glance = small, true
	}
	if err := s.measure(processors, pattern); err != nil {
		return false, err
	}
	if *jsonFile != "" {
		err = s.writeJSON(*jsonFile)
	}
	return s.summary(), err
}

// clientThreads is more than one, although there is but one processor: a
// goroutine in a blocking call must not hold up the others.
const clientThreads = 4

// suite measures and keeps the rows.
type suite struct {
	scale
	report
	bench *target.Bench
	// deliveries per second at the knee, once found.
	deliveries float64
}

func (s *suite) measure(p target.Processors, pattern *regexp.Regexp) (err error) {
	runtime.GOMAXPROCS(clientThreads)
	debug.SetGCPercent(400)
	if s.bench, err = target.Build(p); err != nil {
		return err
	}
	defer s.bench.Remove()
	go s.interrupted()
	s.header(s.scale)
	for _, f := range figures {
		if !pattern.MatchString(f.name) {
			continue
		}
		begin := time.Now()
		if err := f.measure(s); err != nil {
			s.fail(f.name, err)
		}
		s.progress(f.name, time.Since(begin))
	}
	return nil
}

// interrupted tidies up after a signal; the processes that were started end with
// this one.
func (s *suite) interrupted() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, unix.SIGTERM)
	<-signals
	s.bench.Remove()
	os.Exit(exitInterrupted)
}

const exitInterrupted = 130

func beFloor(args []string) error {
	conns, err := count(args, 0)
	if err != nil {
		return err
	}
	return target.ServeFloor(conns, os.Stdin, os.Stdout)
}

func beDrain(args []string) error {
	conns, err := count(args, 1)
	if err != nil {
		return err
	}
	return load.Drain(args[0], conns)
}

func count(args []string, i int) (int, error) {
	if len(args) != i+1 {
		return 0, errors.New("wrong number of arguments")
	}
	return strconv.Atoi(args[i])
}

// selfCPU is the processor time of this program.
func selfCPU() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}
