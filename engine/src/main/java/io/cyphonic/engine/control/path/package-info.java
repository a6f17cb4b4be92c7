/**
 * The paths of a tunnel: which ways to a peer there are, which of them work, which one is in use.
 * {@link io.cyphonic.engine.control.path.PathMachine} decides, from a record, an event and the
 * time, and says what is to be done; it has no state, no socket and no clock. Its shell is in the
 * tunnel package.
 */
package io.cyphonic.engine.control.path;
