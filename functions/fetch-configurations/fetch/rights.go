package fetch

import (
	"context"
	"fmt"

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// rightsMatter are the entities of which a user with narrower rights gets fewer rows, and no error.
var rightsMatter = [...]autotask.Entity{autotask.Companies, autotask.ConfigurationItems}

// readRights asks what the API user may read. Where Autotask refuses to say, the run goes on without knowing; a user who may
// read nothing at all ends it, and so does a vendor who does not answer: he would not answer what follows either.
func (r *run) readRights(ctx context.Context) error {
	r.rights = make(map[string]autotask.Access, len(rightsMatter))
	for _, entity := range rightsMatter {
		access, err := r.Autotask.QueryAccess(ctx, entity)
		switch {
		case vendorapi.KindOf(err) == vendorapi.Rejected:
			r.Log.WarnContext(ctx, "rights not read", "runId", r.result.RunID, "entity", string(entity), "error", err)
			access = autotask.AccessUnknown
		case err != nil:
			return err
		case access == autotask.AccessNone:
			return fmt.Errorf("Autotask: the API user may not read %s: give his security level full read access", entity)
		}
		r.rights[string(entity)] = access
	}
	return nil
}

// reportRights says of each run what its user may not see.
func (r *run) reportRights() {
	r.result.Read.Rights = make(map[string]string, len(r.rights))
	for _, entity := range rightsMatter {
		access := r.rights[string(entity)]
		r.result.Read.Rights[string(entity)] = string(access)
		switch access {
		case autotask.AccessRestricted:
			r.attend(KindRights, 0, "the API user may read %s only in part: what he cannot see is in no count; give his security level full read access", entity)
		case autotask.AccessUnknown:
			r.attend(KindRights, 0, "Autotask does not say how much of %s the API user may read", entity)
		}
	}
}

// narrowed are the holds for a user who might read everything when the comparison was last moved, and may not now. What is
// not known this time stays, in what is compared with, as it was.
func (r *run) narrowed(now *ledger.Baseline) []Hold {
	now.Rights = make(map[string]string, len(r.rights))
	var holds []Hold
	for _, entity := range rightsMatter {
		before, access := r.base.Rights[string(entity)], r.rights[string(entity)]
		if access == autotask.AccessUnknown {
			access = autotask.Access(before)
		}
		now.Rights[string(entity)] = string(access)
		if autotask.Access(before) == autotask.AccessAll && access != autotask.AccessAll {
			holds = append(holds, Hold{Key: holdRights + string(entity), Text: fmt.Sprintf(
				"the rights of the API user were narrowed: he may read %s only in part now, and what he cannot see would be taken off the bill; give his security level full read access again", entity)})
		}
	}
	return holds
}
