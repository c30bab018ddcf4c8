package main

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
)

// What the structural check looks at in resources, relationships and links.

func (i *inspection) resource(where string, value any) {
	holder, ok := value.(object)
	if !ok {
		i.fault("22", "%s holds something that is no resource", where)
		return
	}
	if kind, _ := holder["type"].(string); kind != "" {
		where += " of type " + kind
	}
	i.members(where, holder, "type", "id", "attributes", "relationships", "links", "meta")
	i.named("27", where, holder)
	i.links(where, holder, "self", "related", "describedby")
	i.meta(where, holder)
	attributes := i.fields(where, holder, "attributes")
	relationships := i.fields(where, holder, "relationships")
	i.oneNamespace(where, attributes, relationships)
	for name := range attributes {
		i.foreignKey(where, name)
	}
	for _, name := range slices.Sorted(maps.Keys(relationships)) {
		i.relationship(where+", relationship "+name, relationships[name])
	}
}

// named checks type and id of a resource or an identifier.
func (i *inspection) named(rule, where string, holder object) {
	i.see(rule, "28", "30")
	for _, member := range []string{"type", "id"} {
		value, found := holder[member]
		switch {
		case !found || value == nil:
			i.fault(rule, "%s has no %s", where, member)
		case !isString(value) || value == "":
			i.fault("28", "the %s of %s is no string, or empty", member, where)
		}
	}
	if kind, ok := holder["type"].(string); ok && !typeName.MatchString(kind) {
		i.fault("30", "the type %q is no member name", kind)
	}
}

// fields returns the attributes or the relationships of a resource.
func (i *inspection) fields(where string, holder object, member string) object {
	value, found := holder[member]
	if !found {
		return nil
	}
	i.see("32")
	fields, ok := value.(object)
	if !ok {
		i.fault("32", "%s of %s is no object", member, where)
	}
	for name := range fields {
		i.memberName(member+" of "+where, name)
		i.urlSafe(member+" of "+where, name)
	}
	return fields
}

var safeName = regexp.MustCompile(`^@?[a-z][a-zA-Z0-9]*$`)

func (i *inspection) urlSafe(where, name string) {
	if i.see("50"); !safeName.MatchString(name) {
		i.fault("50", "%s has %q", where, name)
	}
}

func (i *inspection) oneNamespace(where string, attributes, relationships object) {
	i.see("31")
	for _, fields := range []object{attributes, relationships} {
		for _, reserved := range []string{"type", "id"} {
			if _, found := fields[reserved]; found {
				i.fault("31", "%s has a field %q", where, reserved)
			}
		}
	}
	for name := range attributes {
		if _, found := relationships[name]; found {
			i.fault("31", "%s has the attribute and the relationship %q", where, name)
		}
	}
}

var foreignKeyName = regexp.MustCompile(`^(id|fk)[A-Z_]|[a-z](Id|Uuid|UUID|ID|Reference)$|_(id|uuid|reference)$`)

func (i *inspection) foreignKey(where, name string) {
	if i.see("33"); foreignKeyName.MatchString(name) {
		i.fault("33", "%s has the attribute %q", where, name)
	}
}

func (i *inspection) relationship(where string, value any) {
	i.see("34")
	holder, ok := value.(object)
	if !ok {
		i.fault("34", "%s is no object", where)
		return
	}
	i.members(where, holder, "links", "data", "meta")
	data, hasData := holder["data"]
	if !hasData && !has(holder, "", "links") && !has(holder, "", "meta") {
		i.fault("34", "%s has none of links, data and meta", where)
	}
	if links, given := holder["links"].(object); given && links["self"] == nil && links["related"] == nil {
		i.fault("34", "links of %s have neither self nor related", where)
	}
	i.links(where, holder, "self", "related", "first", "last", "prev", "next")
	i.meta(where, holder)
	if hasData {
		i.linkage(where, data)
	}
}

func (i *inspection) linkage(where string, data any) {
	i.see("37")
	switch data := data.(type) {
	case nil:
	case object:
		i.identifier(where, data)
	case []any:
		for _, item := range data {
			i.identifier(where, item)
		}
	default:
		i.fault("37", "data of %s is no linkage", where)
	}
}

func (i *inspection) identifier(where string, value any) {
	holder, ok := value.(object)
	if !ok {
		i.fault("37", "%s holds what is no identifier", where)
		return
	}
	i.members("identifier in "+where, holder, "type", "id", "meta")
	i.named("39", "identifier in "+where, holder)
	i.meta("identifier in "+where, holder)
}

func (i *inspection) links(where string, holder object, allowed ...string) {
	value, found := holder["links"]
	if !found {
		return
	}
	i.see("45")
	links, ok := value.(object)
	if !ok {
		i.fault("45", "links of %s are no object", where)
		return
	}
	i.members("links of "+where, links, allowed...)
	for name, link := range links {
		i.link("link "+name+" of "+where, link)
	}
}

var relationType = regexp.MustCompile(`^([a-z][a-z0-9.-]*|[a-zA-Z][a-zA-Z0-9+.-]*:.+)$`)
var languageTag = regexp.MustCompile(`^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$`)

func (i *inspection) link(where string, value any) {
	switch link := value.(type) {
	case nil:
	case string:
		i.reference("45", where, link)
	case object:
		i.linkObject(where, link)
	default:
		i.fault("45", "%s is no string, object or null", where)
	}
}

func (i *inspection) linkObject(where string, link object) {
	i.see("46")
	i.members(where, link, "href", "rel", "describedby", "title", "type", "hreflang", "meta")
	if href, ok := link["href"].(string); ok {
		i.reference("46", where, href)
	} else {
		i.fault("46", "%s has no href", where)
	}
	if rel, given := link["rel"]; given && !matches(relationType, rel) {
		i.fault("46", "rel of %s is no relation type", where)
	}
	tags, isList := link["hreflang"].([]any)
	if !isList {
		tags = []any{link["hreflang"]}
	}
	for _, tag := range tags {
		if has(link, "", "hreflang") && !matches(languageTag, tag) {
			i.fault("46", "hreflang of %s is no language tag", where)
		}
	}
	for _, name := range []string{"title", "type"} {
		if value, given := link[name]; given && !isString(value) {
			i.fault("46", "%s of %s is no string", name, where)
		}
	}
	if described, given := link["describedby"]; given {
		i.link("describedby of "+where, described)
	}
	i.meta(where, link)
}

func matches(form *regexp.Regexp, value any) bool {
	text, ok := value.(string)
	return ok && form.MatchString(text)
}

// uriReference is RFC 3986, appendix A: brackets belong to the host alone.
var uriReference = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=:@%-])*)?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$`)

func (i *inspection) reference(rule, where, text string) {
	if _, err := url.Parse(text); err != nil || text == "" || !uriReference.MatchString(text) {
		i.fault(rule, "%s is no URI reference", where)
	}
}
