package ledger_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/synthsync/synthsync/shared/awstest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/dynamo"
	"github.com/synthsync/synthsync/shared/ledger/file"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

// told is a ledger of so many accounts, each told one count.
func told(b *testing.B, store ledger.Store, accounts int) (*ledger.Ledger, ledger.Services) {
	b.Helper()
	book := ledger.New(store, time.Now)
	services, err := book.UpdateServices(b.Context(), func(s *ledger.Services) error {
		s.Apply([]ledger.Rule{{Name: "Servers"}})
		s.Link([]ledger.Standing{{ID: "s1", Name: "Servers"}}, ledger.Services{})
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	known, ids := map[string]ledger.Account{}, make([]string, accounts)
	for i := range ids {
		ids[i] = fmt.Sprint(i + 1)
	}
	if err := book.UpdateAccounts(b.Context(), nil, known, ids, func(a *ledger.Account) { a.Made("Company " + a.ID) }); err != nil {
		b.Fatal(err)
	}
	return book, services
}

func stores(b *testing.B, run func(b *testing.B, store ledger.Store)) {
	b.Run("memory", func(b *testing.B) { run(b, memory.New()) })
	b.Run("file", func(b *testing.B) {
		store, err := file.Open(filepath.Join(b.TempDir(), "ledger"), file.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer store.Close()
		run(b, store)
	})
	// Over HTTP to a local DynamoDB: what the store itself takes, and the AWS SDK.
	b.Run("dynamo", func(b *testing.B) {
		cloud := awstest.Start(b)
		client := dynamodb.New(dynamodb.Options{
			Region: "eu-central-1", BaseEndpoint: &cloud.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		})
		run(b, dynamo.New(client, "ledger", dynamo.Options{}))
	})
}

// BenchmarkTelling marks a count, and records its answer: the two writes that stand around each post.
//
//	go test ./shared/ledger -run '^$' -bench .
func BenchmarkTelling(b *testing.B) {
	stores(b, func(b *testing.B, store ledger.Store) {
		book, services := told(b, store, 1)
		at := time.Now()
		b.ReportAllocs()
		for n := int64(1); b.Loop(); n++ {
			at = at.Add(time.Millisecond)
			t, err := book.StartTelling(b.Context(), "run", at, "1", map[string]int64{"Servers": n}, services, "token")
			if err != nil || len(t.Counts) != 1 {
				b.Fatal(err, t)
			}
			if _, err := book.FinishTelling(b.Context(), t, map[string]ledger.Result{"Servers": {Answer: ledger.Accepted, Definite: true}}, true); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkAccounts reads all accounts of a tenant of 2,000 companies, as each run does.
func BenchmarkAccounts(b *testing.B) {
	stores(b, func(b *testing.B, store ledger.Store) {
		book, _ := told(b, store, 2000)
		b.ReportAllocs()
		for b.Loop() {
			if accounts, err := book.Accounts(b.Context()); err != nil || len(accounts) != 2000 {
				b.Fatal(len(accounts), err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2000, "ns/account")
	})
}
