/** What bench/relay runs: a bare forwarder, the relay alone, and the load for both. */
package io.cyphonic.bench.relay;
