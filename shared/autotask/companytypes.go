package autotask

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// CompanyTypes reads the tenant's list of company types (customer, lead, vendor ...), which administrators edit, in the
// tenant's order, those that are not active included.
func (c *Client) CompanyTypes(ctx context.Context) ([]Type, error) {
	var types []Type
	err := c.do(ctx, call{
		operation: "read the list of company types",
		key:       Companies,
		path:      string(Companies) + "/entityInformation/fields",
		decode: func(body io.Reader) error {
			var answer struct {
				refusal
				Fields []struct {
					Name   string `json:"name"`
					Values []struct {
						Value  json.RawMessage `json:"value"` // a string, although a row has a number
						Label  string          `json:"label"`
						Active *bool           `json:"isActive"`
					} `json:"picklistValues"`
				} `json:"fields"`
			}
			if err := readSmall(body, &answer); err != nil {
				return err
			}
			types = nil
			for _, f := range answer.Fields {
				if !strings.EqualFold(f.Name, fieldCompanyType) {
					continue
				}
				for _, v := range f.Values {
					id, err := strconv.ParseInt(strings.Trim(string(v.Value), `"`), 10, 64)
					if err != nil {
						return fmt.Errorf("%w: the company type %.40q has the id %.40q, which is no number", errNotAnAnswer, v.Label, v.Value)
					}
					types = append(types, Type{ID: id, Name: v.Label, Active: v.Active == nil || *v.Active})
				}
				if len(types) > 0 {
					return nil
				}
			}
			return fmt.Errorf("%w: no list of company types", errNotAnAnswer)
		},
	})
	return types, err
}
