/** The port to a native library for packet encryption, so that its users need no foreign calls. */
package io.cyphonic.signaling.aead;
