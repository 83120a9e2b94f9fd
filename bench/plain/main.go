// Command plain is the plain sequential walk that others are measured against: one request at a time, 500 rows a page, only
// the fields that are needed, no repeat of what fails, no check that nothing was missed.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

func main() {
	counts, err := walk(os.Getenv("AUTOTASK_URL") + "/zone5/ATServicesRest/V1.0/ConfigurationItems/query")
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(counts)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "plain:", err)
		os.Exit(1)
	}
}

func walk(url string) (map[string]int64, error) {
	counts := map[string]int64{}
	for last := int64(0); ; {
		items, err := page(url, last)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			counts[fmt.Sprintf("%d|%d", i.CompanyID, i.ConfigurationItemType)]++
			last = i.ID
		}
		if len(items) < 500 {
			return counts, nil
		}
	}
}

type item struct{ ID, CompanyID, ConfigurationItemType int64 }

func page(url string, last int64) ([]item, error) {
	body := fmt.Sprintf(`{"MaxRecords":500,"IncludeFields":["id","companyID","configurationItemType"],"Filter":[{"op":"eq","field":"isActive","value":true},{"op":"gt","field":"id","value":%d}]}`, last)
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader([]byte(body))) //nolint:noctx // ends with the process
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("UserName", os.Getenv("AUTOTASK_USERNAME"))
	r.Header.Set("Secret", os.Getenv("AUTOTASK_SECRET"))
	r.Header.Set("ApiIntegrationCode", os.Getenv("AUTOTASK_INTEGRATION_CODE"))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	var answer struct{ Items []item }
	return answer.Items, json.NewDecoder(resp.Body).Decode(&answer)
}
