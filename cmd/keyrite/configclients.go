package main

import (
	"errors"
	"maps"
	"slices"

	"keyrite/trustdata/rotation"
)

// clients are those of the settings that pin roots, by name.
func (cfg *config) clients() ([]rotation.Client, error) {
	var all []rotation.Client
	for _, name := range slices.Sorted(maps.Keys(cfg.Clients)) {
		pins, err := cfg.Clients[name].read()
		if err != nil {
			return nil, err
		}
		all = append(all, rotation.Client{Name: name, Pins: pins})
	}
	return all, nil
}

func checkClientName(name string) error {
	if !namePattern().MatchString(name) {
		return errors.New("that is no name for a client")
	}
	return nil
}
