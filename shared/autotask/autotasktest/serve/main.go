// Command serve runs a local Autotask in a process of its own, for tests of a whole deployment and for trying things out
// by hand. It takes autotasktest.DefaultCredentials unless told otherwise.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
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
	c := autotasktest.DefaultCredentials
	address := flags.String("address", "127.0.0.1:0", "`host:port` to listen on; port 0 is any free one")
	items := flags.Int("items", 0, "configuration items, generated; 0: a sample tenant of about 3,000, with all the oddities of real ones")
	companies := flags.Int("companies", 60, "companies besides the MSP's own, that the generated items belong to")
	seed := flags.Uint64("seed", 1, "what the tenant is derived from")
	latency := flags.Duration("latency", 0, "how long every request takes")
	flags.StringVar(&c.Username, "username", c.Username, "API user name that is accepted")
	flags.StringVar(&c.Secret, "secret", c.Secret, "API user's secret that is accepted")
	flags.StringVar(&c.IntegrationCode, "integration-code", c.IntegrationCode, "integration code that is accepted")
	if err := flags.Parse(args); err != nil {
		return err
	}
	tenant, err := tenantOf(*items, *companies, *seed)
	if err != nil {
		return err
	}
	tenant.SetCredentials(c)
	tenant.Switch(func(s *autotasktest.Switches) { s.Latency = *latency })
	srv, err := autotasktest.Listen(tenant, *address)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", *address, err)
	}
	defer srv.Close()
	fmt.Fprintln(out, srv.URL)
	<-ctx.Done()
	return nil
}

// typeNames are the types of a generated tenant, the first being type 1.
var typeNames = []string{"Desktop", "Laptop", "Server", "Printer"}

// tenantOf makes a sample, or a tenant of any size whose items take no memory.
func tenantOf(items, companies int, seed uint64) (*autotasktest.Tenant, error) {
	switch {
	case items == 0:
		return autotasktest.Sample(seed), nil
	case items < 0 || companies < 0:
		return nil, errors.New("-items and -companies cannot be negative")
	}
	tenant := autotasktest.NewTenant(autotasktest.Options{})
	for i, name := range typeNames {
		tenant.SetType(autotasktest.Type{ID: int64(i) + 1, Name: name})
	}
	for i := range companies {
		tenant.SetCompany(autotasktest.Company{ID: int64(i) + 1, Name: fmt.Sprintf("Company %d", i+1)})
	}
	owners := uint64(companies) + 1 // company 0 has items too
	tenant.Generate(items, func(i int) int64 { return int64(i)*13 + 5 }, func(i int) autotasktest.Item {
		at := scatter(seed, uint64(i)) //nolint:gosec // a place is not negative
		return autotasktest.Item{
			Company: int64(at % owners), Type: int64(at>>32%uint64(len(typeNames))) + 1, Inactive: at>>48%10 == 0, //nolint:gosec // below 2^32
		}
	})
	return tenant, nil
}

// scatter is the finaliser of SplitMix64: the same number each time for a place, with no pattern between neighbours.
func scatter(seed, place uint64) uint64 {
	z := seed + (place+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
