package fetch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/synthsync/synthsync/shared/autotask"
)

// ParseCompanyTypes reads the setting COMPANY_TYPES: names or ids with commas between them; empty is all.
func ParseCompanyTypes(text string) ([]string, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var entries []string
	for entry := range strings.SplitSeq(text, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			return nil, fmt.Errorf("%q has an empty entry: give names or ids of Autotask's company types with one comma between two, such as Customer, Vendor", text)
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// readCompanyTypes finds the types that the setting names in the tenant's list. An entry that fits none is an error of the
// settings: a misspelt one would leave clients without an account.
func (r *run) readCompanyTypes(ctx context.Context) error {
	if len(r.CompanyTypes) == 0 {
		return nil
	}
	list, err := r.Autotask.CompanyTypes(ctx)
	if err != nil {
		return err
	}
	r.companyTypes = map[int64]bool{}
	r.companyTypeNames = map[int64]string{}
	for _, t := range list {
		r.companyTypeNames[t.ID] = t.Name
	}
	for _, entry := range r.CompanyTypes {
		found := false
		for _, t := range list {
			if strings.EqualFold(strings.TrimSpace(t.Name), entry) || strconv.FormatInt(t.ID, 10) == entry {
				found, r.companyTypes[t.ID] = true, true
			}
		}
		if !found {
			return &SettingsError{fmt.Errorf("COMPANY_TYPES names %q, and Autotask has no such company type; it has %s", entry, namesOf(list))}
		}
	}
	return nil
}

func namesOf(list []autotask.Type) string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = fmt.Sprintf("%s (%d)", t.Name, t.ID)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// otherType names a company's type for people, if accounts are made for some types only and it is none of them.
func (r *run) otherType(typ int64) string {
	if len(r.companyTypes) == 0 || r.companyTypes[typ] {
		return ""
	}
	return r.companyTypeName(typ)
}

// companyTypeName names a company type for people: by its label, where the list was read.
func (r *run) companyTypeName(typ int64) string {
	switch name, listed := r.companyTypeNames[typ]; {
	case listed:
		return name
	case typ == autotask.NoType:
		return "none"
	}
	return "id " + strconv.FormatInt(typ, 10)
}
