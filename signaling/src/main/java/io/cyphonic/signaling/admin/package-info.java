/**
 * Administration of a cloud: inviting, listing, revoking. The same operations run in the process
 * that serves, reached over a local socket that only its owner can open, or in the command itself
 * while nothing serves.
 */
package io.cyphonic.signaling.admin;
