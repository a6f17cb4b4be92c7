/** The cloud's configuration and the directory it lives in. */
package io.cyphonic.signaling.config;
