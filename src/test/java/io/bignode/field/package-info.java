/** The small node of the field as a client for tests: its rules, and the HTTP/1.0 proxy that stands before big nodes out there. */
package io.bignode.field;
