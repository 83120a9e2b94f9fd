package dynamo_test

import (
	"context"
	"crypto/rand"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/dynamo"
	"github.com/synthsync/synthsync/shared/ledger/ledgertest"
)

func TestStore_AgainstTheFake(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) ledger.Store {
		_, client := newFake(t)
		return dynamo.New(client, table, dynamo.Options{Pause: atOnce})
	})
}

// TestStore_AgainstAnEmulator holds the store, and with it what the fake assumes, to a DynamoDB that others wrote.
// MiniStack 1.5.33 keeps every promise, within seconds. moto_server 5.2.1 keeps all but Race_OfManyDocumentsAtOnceLosesNone
// (a transaction that it cancels puts back a copy of the whole table, and with it drops what others wrote meanwhile), and
// needs two minutes, because it makes that copy for every transaction.
func TestStore_AgainstAnEmulator(t *testing.T) {
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	if endpoint == "" {
		t.Skip("AWS_ENDPOINT_URL is not set: start an emulator of DynamoDB (moto_server, MiniStack) and put its address there")
	}
	client := dynamodb.New(dynamodb.Options{
		Region: "eu-central-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	ledgertest.Run(t, func(t *testing.T) ledger.Store {
		return dynamo.New(client, makeTable(t, client), dynamo.Options{})
	})
}

// makeTable makes the table that template.yaml describes.
func makeTable(t *testing.T, client *dynamodb.Client) string {
	t.Helper()
	name := "ledger-" + rand.Text()
	if _, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange},
		},
		BillingMode: types.BillingModePayPerRequest,
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
	})
	return name
}

func atOnce(ctx context.Context, _ time.Duration) error { return ctx.Err() }
