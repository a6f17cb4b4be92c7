/**
 * Which packets a path carries: the search for the path MTU in the manner of RFC 8899, without
 * input, output or clock of its own.
 */
package io.cyphonic.engine.control.mtu;
