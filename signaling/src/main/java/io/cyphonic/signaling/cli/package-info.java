/**
 * The command line of the cloud; the only package that uses Picocli or writes to standard output.
 */
package io.cyphonic.signaling.cli;
