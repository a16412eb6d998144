package main

// response is what is read of every DiscoveryResponse or DeltaDiscoveryResponse.
type response struct {
	version, nonce, typeURL []byte
	resources               int
}

// resource of a response; version only in delta.
type resource struct {
	name, content, version []byte
}

// Field numbers that the two messages have alike: version 1, resources 2, type URL 4, nonce 5.
func parseResponse(b []byte) (response, error) {
	var out response
	err := eachField(b, func(field int, value []byte) bool {
		switch field {
		case 1:
			out.version = value
		case 2:
			out.resources++
		case 4:
			out.typeURL = value
		case 5:
			out.nonce = value
		}
		return true
	})
	return out, err
}

func eachResource(b []byte, delta bool, f func(resource)) error {
	return eachField(b, func(field int, value []byte) bool {
		if field != 2 {
			return true
		}
		if delta {
			f(deltaResource(value))
		} else {
			content := anyValue(value)
			f(resource{name: firstField(content), content: content})
		}
		return true
	})
}

// deltaResource reads envoy.service.discovery.v3.Resource.
func deltaResource(b []byte) resource {
	var out resource
	_ = eachField(b, func(field int, value []byte) bool {
		switch field {
		case 1:
			out.version = value
		case 2:
			out.content = anyValue(value)
		case 3:
			out.name = value
		}
		return true
	})
	return out
}

func anyValue(b []byte) []byte { return field(b, 2) }

// firstField is the name of every type that is asked for here.
func firstField(b []byte) []byte { return field(b, 1) }

// routeNames adds the route configurations that a listener names: Listener.filter_chains.filters
// .typed_config, in which HttpConnectionManager.rds.route_config_name.
func routeNames(listener []byte, add func(string)) {
	_ = eachField(listener, func(number int, chain []byte) bool {
		if number != 3 {
			return true
		}
		return eachField(chain, func(number int, filter []byte) bool {
			if number == 3 {
				if name := field(anyValue(field(filter, 4)), 3, 2); len(name) > 0 {
					add(string(name))
				}
			}
			return true
		}) == nil
	})
}
