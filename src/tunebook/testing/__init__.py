"""What the tests of others can build on: conformance suites, sample facts, fakes of the outside."""
