/**
 * The command line of a node. {@link io.cyphonic.engine.cli.NodeMain} is the program; each command
 * is a class; what went wrong is one line on standard error and exit code 1, wrong use is 2.
 */
package io.cyphonic.engine.cli;
