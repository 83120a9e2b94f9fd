package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/services"
	"github.com/synthsync/synthsync/shared/settings"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// load reads settings and rules, and says all that is wrong with them at once. Nobody is called.
func (c *common) load(p *process) (local.Config, error) {
	lookup := settings.Lookup(p.lookup)
	var inFile map[string]string
	if c.EnvFile != "" {
		data, err := os.ReadFile(c.EnvFile)
		if err != nil {
			return local.Config{}, &exitError{exitSettings, fmt.Errorf("--env-file: %w", err)}
		}
		if inFile, err = settings.ParseEnvFile(c.EnvFile, data); err != nil {
			return local.Config{}, &exitError{exitSettings, err}
		}
		lookup = settings.Over(inFile, lookup)
	}
	r := settings.NewReader(lookup)
	config := local.Config{
		AutotaskURL:   r.URL("AUTOTASK_URL", autotask.DefaultBaseURL, vendorapi.CheckBaseURL),
		SynthesizeURL: r.URL("SYNTHESIZE_URL", synthesize.DefaultBaseURL, vendorapi.CheckBaseURL),
		Credentials: autotask.Credentials{
			Username:        r.Required("AUTOTASK_USERNAME", "the API user's name, which looks like an e-mail address"),
			Secret:          r.Required("AUTOTASK_SECRET", "the secret (password) that Generate Secret made for the API user"),
			IntegrationCode: r.Required("AUTOTASK_INTEGRATION_CODE", "the API user's tracking identifier"),
		},
		Keys: synthesize.Keys{
			VendorAPIKey:  r.Required("SYNTHESIZE_VENDOR_API_KEY", "the vendor API key of the custom integration"),
			PartnerAPIKey: r.Required("SYNTHESIZE_PARTNER_API_KEY", "the partner API key of the custom integration"),
		},
		Mode:                  r.OneOf("MODE", fetch.ModePost, fetch.ModeObserve),
		Guard:                 fetch.Guard{MaxDropPercent: r.Percent("MAX_DROP_PERCENT", 30, 100), MaxRisePercent: r.Percent("MAX_RISE_PERCENT", 100, 100_000), MaxCompanyDropPercent: r.Percent("MAX_COMPANY_DROP_PERCENT", 0, 100)},
		RefreshAfter:          r.Duration("REFRESH_AFTER", 20*time.Hour),
		AutotaskBudgetPercent: r.Percent("AUTOTASK_BUDGET_PERCENT", 50, 100),
		AutotaskOverBudget:    r.OneOf("AUTOTASK_OVER_BUDGET", fetch.OverStop, fetch.OverWait),
		IncludeOwn:            r.Bool("INCLUDE_OWN_COMPANY", false),
		InactiveZero:          r.OneOf("INACTIVE_COMPANIES", "count", "zero") == "zero",
		Version:               version,
		Patience:              c.Patience,
		Now:                   p.now,
		Log:                   newLog(p.stderr, r.LogLevel("LOG_LEVEL", slog.LevelError)),
	}
	config.Notify = notifier(r)
	var err error
	if config.CompanyTypes, err = fetch.ParseCompanyTypes(r.Optional("COMPANY_TYPES", "")); err != nil {
		r.Problem("COMPANY_TYPES", "%v", err)
	}
	if config.Patience == 0 {
		config.Patience = machinePatience
	}
	if c.Patience < 0 {
		r.Problem("--patience", "is %s: it must be a time above 0, such as 15s or 10m", c.Patience)
	}
	rules, rulesErr := c.rules(r)
	config.Rules = rules
	misspelt(r, inFile)
	if err := r.Err(); err != nil {
		if rulesErr != nil {
			err = fmt.Errorf("%w; %w", err, rulesErr)
		}
		return config, &exitError{exitSettings, err}
	}
	if rulesErr != nil {
		return config, &exitError{exitSettings, rulesErr}
	}
	return config, nil
}

// rules reads the service rules: those of --services, else of SERVICES, else the built-in ones.
func (c *common) rules(r *settings.Reader) (services.Rules, error) {
	if c.Services != "" {
		text, err := os.ReadFile(c.Services)
		if err != nil {
			return nil, fmt.Errorf("--services: %w", err)
		}
		return services.Parse(c.Services, text)
	}
	if text := r.Optional("SERVICES", ""); text != "" {
		return services.Parse("SERVICES", []byte(text))
	}
	return services.Parse("built-in rules", fetch.DefaultRules)
}

func newLog(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
