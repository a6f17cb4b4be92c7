/** What the engine counts: traffic, batches, system calls, and one counter per drop reason. */
package io.cyphonic.engine.counters;
