/**
 * How the running node is asked from its own host: a unix domain socket that only its owner can
 * open, with one JSON request per connection, and the answers to {@code status}, {@code ping},
 * {@code netcheck} and {@code down}; and the counters over HTTP, where they are wanted.
 */
package io.cyphonic.engine.local;
