package audit

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"keyrite/trustdata"
)

//go:embed services.json
var servicesJSON []byte

// services is what is known of services that change; services.json has it.
var services = sync.OnceValue(func() serviceFacts { return mustServices(servicesJSON) })

// provider names who runs a registry.
type provider string

const (
	hub    provider = "hub"
	azure  provider = "azure"
	google provider = "google"
	// untrusting is a registry of which it is known that it never had a trust server.
	untrusting provider = "none"
)

type serviceFacts struct {
	IgnoresSince int `json:"docker_ignores_content_trust_since"`
	Hub          struct {
		Closes day `json:"closes"`
	} `json:"hub"`
	Azure struct {
		Ends      day    `json:"ends"`
		ClosedNew day    `json:"closed_to_new_since"`
		TokenUser string `json:"token_user"`
		Hours     int    `json:"token_hours"`
	} `json:"azure"`
	Google struct {
		TokenUser string   `json:"token_user"`
		Minutes   int      `json:"token_minutes"`
		KeyUsers  []string `json:"key_users"`
	} `json:"google"`
	Harbor struct {
		Last string `json:"last"`
		Port string `json:"port"`
	} `json:"harbor"`
	MSR struct {
		Ends day `json:"ends"`
	} `json:"msr"`
	Hosts []struct {
		Host     string   `json:"host"`
		Suffix   string   `json:"suffix"`
		Provider provider `json:"provider"`
		Name     string   `json:"name"`
	} `json:"hosts"`
}

// day is a date as services.json has it.
type day struct{ begins time.Time }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *day) UnmarshalText(text []byte) (err error) {
	d.begins, err = time.Parse(time.DateOnly, string(text))
	return err
}

func (d day) String() string { return d.begins.Format(time.DateOnly) }

// left is how many days there are from now until the day begins; less than 0 when it is over.
func (d day) left(now time.Time) int {
	h := d.begins.Sub(now).Hours()
	if h < 0 {
		return int(h/24) - 1
	}
	return int(h / 24)
}

func mustServices(data []byte) serviceFacts {
	var f serviceFacts
	if err := json.Unmarshal(data, &f); err != nil {
		panic(err) // a file of the build; a test reads it too
	}
	return f
}

// providerOf is who runs the registry of a repository, and what people call it.
func providerOf(gun trustdata.GUN) (provider, string) {
	host := strings.ToLower(trustdata.ExpandGUN(gun).Host())
	for _, h := range services().Hosts {
		if h.Host == host || h.Suffix != "" && strings.HasSuffix(host, h.Suffix) {
			name := h.Name
			if name == "" {
				name = host
			}
			return h.Provider, name
		}
	}
	return "", host
}
