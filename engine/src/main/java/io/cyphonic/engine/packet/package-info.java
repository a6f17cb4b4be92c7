/**
 * IP packets as bytes in arrays: reading headers, cutting super-packets into segments and joining
 * segments again, checksums. Pure functions and reusable cursors; no threads, no input or output,
 * no allocation per packet.
 */
package io.cyphonic.engine.packet;
