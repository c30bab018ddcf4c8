package main

import "mime"

// media is a media type in its parts.
type media struct {
	name       string
	parameters map[string]string
}

func parseMedia(value string) (media, error) {
	name, parameters, err := mime.ParseMediaType(value)
	return media{name, parameters}, err
}
