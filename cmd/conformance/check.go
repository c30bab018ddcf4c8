package main

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// The structural check looks at every answer of the run, whatever rule it was
// asked for, and notes for each rule that holds on all of them whether the
// answer had anything to do with it and what was wrong.

// findings is what one answer, or all of them, came to.
type findings struct {
	seen   map[string]int      // answers that a rule could be looked at in
	faults map[string][]string // each once
}

func newFindings() findings {
	return findings{seen: map[string]int{}, faults: map[string][]string{}}
}

// see notes that the answer has something that the rules are about.
func (f findings) see(rules ...string) {
	for _, rule := range rules {
		f.seen[rule] = 1
	}
}

func (f findings) blame(rule, format string, args ...any) {
	fault := fmt.Sprintf(format, args...)
	if f.see(rule); !slices.Contains(f.faults[rule], fault) {
		f.faults[rule] = append(f.faults[rule], fault)
	}
}

// inspection is the check of one answer.
type inspection struct {
	findings
	*exchange
	extended bool // by an extension, whose members have a namespace
}

// inspect checks one answer.
func inspect(e *exchange) findings {
	i := &inspection{findings: newFindings(), exchange: e}
	i.headers()
	if len(e.body) == 0 || e.plain {
		return i.findings
	}
	i.contentType()
	if i.see("17"); e.malformed != nil {
		i.fault("17", "the body is no JSON: %v", e.malformed)
		return i.findings
	}
	document, ok := e.document.(object)
	if !ok {
		i.fault("17", "the document is no object")
		return i.findings
	}
	i.top(document)
	return i.findings
}

// fault notes what is wrong with this answer.
func (i *inspection) fault(rule, format string, args ...any) {
	i.blame(rule, "%s (%d): %s", i.shape(), i.status, fmt.Sprintf(format, args...))
}

func (i *inspection) headers() {
	if i.see("11"); !names(i.header.Values("Vary"), "Accept") {
		i.fault("11", "Vary is %q", i.header.Values("Vary"))
	}
	switch i.status {
	case http.StatusUnauthorized:
		i.needHeader("WWW-Authenticate")
	case http.StatusMethodNotAllowed:
		i.needHeader("Allow")
	case http.StatusTooManyRequests:
		i.needHeader("Retry-After")
	}
	if i.status >= 400 {
		i.innards()
	}
	if i.status == http.StatusCreated {
		i.location()
	}
	if i.status >= 200 && i.status < 300 && len(i.body) > 0 && !i.plain {
		i.entityTag()
	}
}

// names reports whether a header's list has a name.
func names(values []string, name string) bool {
	for element := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if strings.EqualFold(strings.TrimSpace(element), name) {
			return true
		}
	}
	return false
}

func (i *inspection) needHeader(name string) {
	if i.see("123"); i.header.Get(name) == "" {
		i.fault("123", "there is no %s", name)
	}
}

// inside is what only somebody who has read the source or the database knows.
var inside = regexp.MustCompile(`(?i)\b(select|insert|update|delete)\b.{1,60}\b(from|into|set|where)\b|sqlstate|sqlite|postgres|gorm|goroutine|panic:|runtime error|\.go:\d+|/usr/|/home/|/tmp/|stack trace|nil pointer`)

func (i *inspection) innards() {
	i.see("122")
	if i.status >= 500 {
		i.fault("122", "the service failed")
	}
	if told := inside.Find(i.body); told != nil {
		i.fault("122", "the answer tells of the inside: %s", told)
	}
}

func (i *inspection) location() {
	i.see("82")
	location, self := i.header.Get("Location"), linkTarget(i.at("data.links.self"))
	switch {
	case location == "":
		i.fault("82", "there is no Location")
	case self != "" && location != self:
		i.fault("82", "Location is not links.self")
	}
}

var strongTag = regexp.MustCompile(`^"[\x21\x23-\x7e\x80-\xff]*"$`)

func (i *inspection) entityTag() {
	if i.see("R1"); !strongTag.MatchString(i.header.Get("ETag")) {
		i.fault("R1", "ETag is %q", i.header.Get("ETag"))
	}
}

func (i *inspection) contentType() {
	i.see("1", "2")
	media, err := parseMedia(i.header.Get("Content-Type"))
	if err != nil || media.name != mediaType {
		i.fault("1", "Content-Type is %q", i.header.Get("Content-Type"))
	}
	for name := range media.parameters {
		if name != "ext" && name != "profile" {
			i.fault("2", "Content-Type has the parameter %s", name)
		}
	}
	i.extended = media.parameters["ext"] != ""
}

var topMembers = []string{"data", "errors", "meta", "jsonapi", "links", "included"}
var topLinks = []string{"self", "related", "describedby", "first", "last", "prev", "next"}

func (i *inspection) top(document object) {
	i.see("18", "19", "20", "21", "48")
	i.members("document", document, topMembers...)
	data, hasData := document["data"]
	faults, hasErrors := document["errors"]
	included, hasIncluded := document["included"]
	_, hasMeta := document["meta"]
	if !hasData && !hasErrors && !hasMeta && !i.hasExtensionMember(document) {
		i.fault("18", "none of data, errors and meta")
	}
	if hasData && hasErrors {
		i.fault("19", "both data and errors")
	}
	if hasIncluded && !hasData {
		i.fault("20", "included without data")
	}
	i.meta("document", document)
	i.links("document", document, topLinks...)
	i.version(document)
	i.selfWithProfile(document)
	if hasData {
		i.primary(data)
	}
	if hasIncluded {
		i.included(data, included)
	}
	if hasErrors {
		i.errors(faults)
	}
	i.results(document)
}

func (i *inspection) hasExtensionMember(document object) bool {
	for name := range document {
		if i.extended && strings.Contains(name, ":") {
			return true
		}
	}
	return false
}

// members checks an object whose members are fixed (21) for what it has besides
// and all names for their form (48). Members whose names begin with @ are
// nobody's business, and those with a namespace belong to an extension.
func (i *inspection) members(where string, holder object, allowed ...string) {
	for name := range holder {
		i.memberName(where, name)
		space, _, extension := strings.Cut(name, ":")
		if strings.HasPrefix(name, "@") || extension && i.extended && space != "" {
			continue
		}
		if !slices.Contains(allowed, name) {
			i.fault("21", "%s has the member %q", where, name)
		}
	}
}

const globally = `[a-zA-Z0-9\x{80}-\x{10FFFF}]`
const plainName = globally + `(?:[a-zA-Z0-9\x{80}-\x{10FFFF}_ -]*` + globally + `)?`

var memberName = regexp.MustCompile(`^(?:@?` + plainName + `|[a-zA-Z0-9]+:` + plainName + `)$`)
var typeName = regexp.MustCompile(`^` + plainName + `$`)

func (i *inspection) memberName(where, name string) {
	if i.see("48"); !memberName.MatchString(name) {
		i.fault("48", "%s has the member %q", where, name)
	}
}

func (i *inspection) meta(where string, holder object) {
	value, found := holder["meta"]
	if !found {
		return
	}
	i.see("44")
	meta, ok := value.(object)
	if !ok {
		i.fault("44", "meta of %s is no object", where)
		return
	}
	for name := range meta {
		i.memberName("meta of "+where, name)
	}
}

func (i *inspection) version(document object) {
	value, found := document["jsonapi"]
	if !found {
		return
	}
	i.see("47")
	about, ok := value.(object)
	if !ok {
		i.fault("47", "jsonapi is no object")
		return
	}
	i.members("jsonapi", about, "version", "ext", "profile", "meta")
	if version, given := about["version"]; given && !isString(version) {
		i.fault("47", "jsonapi.version is no string")
	}
	for _, list := range []string{"ext", "profile"} {
		if uris, given := about[list]; given && !areStrings(uris) {
			i.fault("47", "jsonapi.%s is no array of strings", list)
		}
	}
	i.meta("jsonapi", about)
}

func isString(value any) bool { _, ok := value.(string); return ok }

func areStrings(value any) bool {
	list, ok := value.([]any)
	return ok && !slices.ContainsFunc(list, func(item any) bool { return !isString(item) })
}

func (i *inspection) selfWithProfile(document object) {
	media, err := parseMedia(i.header.Get("Content-Type"))
	self := at(document, "links.self")
	if err != nil || len(media.parameters) == 0 || self == nil {
		return
	}
	i.see("24")
	if kind, _ := at(self, "type").(string); kind == "" {
		i.fault("24", "links.self has no type though a profile or an extension is applied")
	}
}

// shape of primary data, by the path.
type shape int

const (
	one         shape = iota // a resource
	oneOrNone                // a resource or null
	many                     // an array of resources
	linkage                  // an identifier or null
	manyLinkage              // an array of identifiers
)

// belowCustomers are what is below a customer of which there may be many.
var belowCustomers = []string{"addresses", "consents", "data-exports", "groups", "orders", "payment-methods", "sources"}

// shapeOf tells what a request's primary data have to be.
func shapeOf(e *exchange) shape {
	segments := e.path()
	last := segments[len(segments)-1]
	toMany := slices.Contains(belowCustomers, last)
	switch {
	case len(segments) >= 2 && segments[len(segments)-2] == "relationships":
		if toMany {
			return manyLinkage
		}
		return linkage
	case e.method != http.MethodGet:
		return one
	case len(segments) == 1 || len(segments) == 3 && toMany:
		return many
	case len(segments) == 3:
		return oneOrNone
	}
	return one
}

func (i *inspection) primary(data any) {
	i.see("22", "43")
	expected := shapeOf(i.exchange)
	list, isList := data.([]any)
	switch expected {
	case many, manyLinkage:
		if i.see("23"); !isList {
			i.fault("22", "data of a collection is no array")
			i.fault("23", "data of a collection is no array")
			return
		}
	case one:
		if data == nil || isList {
			i.fault("22", "data of a resource is no object")
			return
		}
	case oneOrNone, linkage:
		if isList {
			i.fault("22", "data of a relationship to one is an array")
			return
		}
	}
	if !isList {
		list = []any{data}
	}
	for _, item := range list {
		switch {
		case item == nil:
		case expected == linkage || expected == manyLinkage:
			i.identifier("data", item)
		default:
			i.resource("data", item)
		}
	}
	i.once(list)
}

// once checks that no resource is in the document twice.
func (i *inspection) once(primary []any) {
	met := map[identity]bool{}
	for _, item := range slices.Concat(primary, i.list("included")) {
		one, known := identify(item)
		if known && met[one] {
			i.fault("43", "a resource of type %s is there twice", one.kind)
		}
		met[one] = true
	}
}

type identity struct{ kind, id string }

func identify(value any) (identity, bool) {
	kind, _ := at(value, "type").(string)
	id, _ := at(value, "id").(string)
	return identity{kind, id}, kind != "" && id != ""
}

func (i *inspection) included(data, value any) {
	i.see("41")
	list, ok := value.([]any)
	if !ok {
		i.fault("41", "included is no array")
		return
	}
	for _, item := range list {
		if _, isObject := item.(object); !isObject {
			i.fault("41", "included holds something that is no resource")
			continue
		}
		i.resource("included", item)
	}
	narrowed := func(parameter string) bool { return strings.HasPrefix(parameter, "fields[") }
	if len(list) > 0 && !slices.ContainsFunc(i.parameters(), narrowed) {
		i.linked(data, list)
	}
}

// linked checks that linkage leads from the primary data to each included
// resource.
func (i *inspection) linked(data any, included []any) {
	i.see("42")
	waiting, isList := data.([]any)
	if !isList {
		waiting = []any{data}
	}
	byIdentity := map[identity]any{}
	for _, item := range included {
		if one, known := identify(item); known {
			byIdentity[one] = item
		}
	}
	for len(waiting) > 0 {
		next := waiting[0]
		waiting = waiting[1:]
		for _, name := range linkedFrom(next) {
			if found, there := byIdentity[name]; there {
				waiting = append(waiting, found)
				delete(byIdentity, name)
			}
		}
	}
	for left := range byIdentity {
		i.fault("42", "nothing leads to an included resource of type %s", left.kind)
	}
}

// linkedFrom lists what the relationships of a resource name.
func linkedFrom(value any) (all []identity) {
	relationships, _ := at(value, "relationships").(object)
	for _, relationship := range relationships {
		data := at(relationship, "data")
		list, isList := data.([]any)
		if !isList {
			list = []any{data}
		}
		for _, item := range list {
			if one, known := identify(item); known {
				all = append(all, one)
			}
		}
	}
	return all
}

// results checks the resources of the extension Atomic Operations.
func (i *inspection) results(document object) {
	results, _ := document["atomic:results"].([]any)
	for _, result := range results {
		holder, ok := result.(object)
		if !ok {
			i.fault("21", "a result is no object")
			continue
		}
		i.members("result", holder, "data", "meta")
		i.meta("result", holder)
		if data, isResource := holder["data"].(object); isResource && (has(data, "", "attributes") || has(data, "", "relationships")) {
			i.resource("result", data)
		}
	}
}
