/**
 * IP packets, which lie off the heap, and their headers, which are copied to arrays: reading them,
 * cutting super-packets into segments and joining segments again, checksums. Pure functions and
 * reusable cursors; no threads, no input or output, no allocation per packet.
 */
package io.cyphonic.engine.packet;
