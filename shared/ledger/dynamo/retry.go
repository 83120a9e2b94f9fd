package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/synthsync/synthsync/shared/ledger"
)

// maxTries bounds how often something is tried that DynamoDB could not do just now. With the delays below that is
// between 5 and 10 seconds, longer than the collisions and the throttling of a table that fits its load.
const maxTries = 10

const (
	firstDelay = 25 * time.Millisecond
	lastDelay  = 2 * time.Second
)

// delay grows with each try; the half of it that is random keeps colliding writers apart.
func delay(try int) time.Duration {
	d := min(firstDelay<<min(try, 10), lastDelay)
	return d/2 + rand.N(d/2) //nolint:gosec // spreads load, guards nothing
}

// attempt is one try of a write.
type attempt func(ctx context.Context) error

// once switches the SDK's own retries off for a write. They know nothing of the reasons inside a cancelled
// transaction, and would hide whether an earlier try may have been carried out.
func once(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

// persist tries a write until it is done, in conflict, or beyond help.
func (s *Store) persist(ctx context.Context, what string, try attempt) error {
	unknown := false
	for n := 1; ; n++ {
		err := try(ctx)
		var conflict *ledger.Conflict
		if err == nil || errors.As(err, &conflict) {
			return err
		}
		unknown = unknown || !refused(err)
		if unknown {
			err = fmt.Errorf("not known whether it was carried out: %w", err)
		}
		if !passing(err) || n >= maxTries {
			return s.fail(tried(what, n), err)
		}
		if paused := s.opts.Pause(ctx, delay(n)); paused != nil {
			return s.fail(tried(what, n), errors.Join(paused, err))
		}
	}
}

func tried(what string, n int) string {
	if n == 1 {
		return what
	}
	return fmt.Sprintf("%s (tried %d times)", what, n)
}

// refused tells whether DynamoDB has definitely not carried a request out: it said so, with a status of the 400s.
func refused(err error) bool {
	var response *smithyhttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode()/100 == http.StatusBadRequest/100
}

// passing tells whether another try may succeed: after a collision, and after whatever the SDK itself would try again,
// which is throttling, faults of the service and connections that broke.
func passing(err error) bool {
	var colliding *types.TransactionConflictException
	var cancelled *types.TransactionCanceledException
	switch {
	case errors.As(err, &colliding):
		return true
	case errors.As(err, &cancelled):
		reasons := 0
		for _, reason := range cancelled.CancellationReasons {
			switch aws.ToString(reason.Code) {
			case "", "None":
			case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
				reasons++
			default:
				return false
			}
		}
		return reasons > 0
	default:
		return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
	}
}
