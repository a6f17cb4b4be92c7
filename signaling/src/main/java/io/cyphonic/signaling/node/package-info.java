/**
 * The NMS, node management service: registration, keep-alive, direction, revocation. {@code
 * NodeManagement} is bytes in, bytes out; {@code NmsServer} gives it sockets and threads.
 */
package io.cyphonic.signaling.node;
