package synthesizetest

// adminCommands is the administrator's side over HTTP: the name in the path, and the method that it stands for.
var adminCommands = map[string]func(*Simulator, arguments) (any, error){
	"map-account":    command(func(m *Simulator, a idsArgument) (any, error) { return nil, m.MapAccount(a.IDs...) }),
	"unmap-account":  command(func(m *Simulator, a idsArgument) (any, error) { return nil, m.UnmapAccount(a.IDs...) }),
	"map-service":    command(func(m *Simulator, a servicesArgument) (any, error) { return nil, m.MapService(a.Services...) }),
	"unmap-service":  command(func(m *Simulator, a servicesArgument) (any, error) { return nil, m.UnmapService(a.Services...) }),
	"rename-account": command(func(m *Simulator, a renameArgument) (any, error) { return nil, m.RenameAccount(a.ID, a.Name) }),
	"rename-service": command(func(m *Simulator, a renameArgument) (any, error) { return nil, m.RenameService(a.Service, a.Name) }),
	"delete-service": command(func(m *Simulator, a renameArgument) (any, error) { return nil, m.DeleteService(a.Service) }),
	"seed-earlier":   command(func(m *Simulator, e Earlier) (any, error) { return nil, m.SeedEarlier(e) }),
	"map-all":        command(func(m *Simulator, _ none) (any, error) { m.MapAll(); return nil, nil }),
	"disconnect":     command(func(m *Simulator, d Disconnecting) (any, error) { m.Disconnect(d); return nil, nil }),
	"remake":         command(func(m *Simulator, r Remaking) (any, error) { m.RemakeIntegration(r); return nil, nil }),
	"clear-faults":   command(func(m *Simulator, _ none) (any, error) { m.ClearFaults(); return nil, nil }),
	"reset-log":      command(func(m *Simulator, _ none) (any, error) { m.ResetLog(); return nil, nil }),
	"approve":        command(func(m *Simulator, _ none) (any, error) { return map[string]int{"approved": m.Approve()}, nil }),
	"finish-rebuild": command(func(m *Simulator, _ none) (any, error) {
		return map[string]bool{"wasPending": m.FinishRebuild()}, nil
	}),
	"auto-map": command(func(m *Simulator, a autoMapArgument) (any, error) {
		accounts, services := m.AutoMap(a.Clients, a.Services)
		return map[string]int{"accounts": accounts, "services": services}, nil
	}),
	"rotate-partner-key": command(func(m *Simulator, a partnerKeyArgument) (any, error) {
		return partnerKeyArgument{m.RotatePartnerKey(a.PartnerKey)}, nil
	}),
	"age-month": command(func(m *Simulator, a ageArgument) (any, error) { m.AgeMonth(a.KeepCounts); return nil, nil }),
	"psa-units": command(func(m *Simulator, c Count) (any, error) { m.SetPSAUnits(c.Pair, c.Units); return nil, nil }),
	"inject": command(func(m *Simulator, f Fault) (any, error) {
		if err := f.validate(); err != nil {
			return nil, err
		}
		m.Inject(f)
		return nil, nil
	}),
	"switches": func(m *Simulator, in arguments) (any, error) {
		sw := m.Switches() // fields that are not named stay
		if err := in.into(&sw); err != nil {
			return nil, err
		}
		m.Switch(func(s *Switches) { *s = sw })
		return nil, nil
	},
}

type (
	none        struct{}
	idsArgument struct {
		IDs []string `json:"ids"`
	}
	servicesArgument struct {
		Services []string `json:"services"` // names or ids
	}
	renameArgument struct {
		ID      string `json:"id"`      // of an account
		Service string `json:"service"` // name or id
		Name    string `json:"name"`
	}
	autoMapArgument struct {
		Clients  []string `json:"clients"`
		Services []string `json:"services"`
	}
	partnerKeyArgument struct {
		PartnerKey string `json:"partnerKey"`
	}
	ageArgument struct {
		KeepCounts bool `json:"keepCounts"`
	}
)

// command reads the arguments that a method wants.
func command[A any](do func(*Simulator, A) (any, error)) func(*Simulator, arguments) (any, error) {
	return func(m *Simulator, in arguments) (any, error) {
		var a A
		if err := in.into(&a); err != nil {
			return nil, err
		}
		return do(m, a)
	}
}
