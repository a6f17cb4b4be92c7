/**
 * The way in for nodes whose network lets nothing out but TLS to one TCP port: login and datagrams
 * over one listener, told apart by the protocol that the client names in the TLS handshake. To NMS
 * and relay a connection is a source address.
 */
package io.cyphonic.signaling.gateway;
