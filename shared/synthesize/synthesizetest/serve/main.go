// Command serve runs a local Synthesize in a process of its own, for tests of a whole deployment and for trying things out
// by hand. The administrator's side is under /admin/ of the same address.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

// run serves until the context ends. The first line it prints is the URL.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	var o synthesizetest.Options
	address := flags.String("address", "127.0.0.1:0", "`host:port` to listen on; port 0 is any free one")
	flags.StringVar(&o.VendorKey, "vendor-key", synthesizetest.DefaultVendorKey, "vendor API key that is accepted")
	flags.StringVar(&o.PartnerKey, "partner-key", synthesizetest.DefaultPartnerKey, "partner API key that is accepted")
	flags.Uint64Var(&o.Seed, "seed", 1, "what ids are derived from")
	flags.IntVar(&o.Switches.RateLimit, "rate-limit", 100, "requests per second; negative: no limit")
	flags.BoolVar(&o.Switches.MapOnCreate, "map", false, "map new accounts and services at once")
	flags.DurationVar(&o.Switches.Latency, "latency", 0, "how long every request takes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	srv, err := synthesizetest.Listen(synthesizetest.New(o), *address)
	if err != nil {
		return err
	}
	defer srv.Close()
	fmt.Fprintln(out, srv.URL)
	<-ctx.Done()
	return nil
}
