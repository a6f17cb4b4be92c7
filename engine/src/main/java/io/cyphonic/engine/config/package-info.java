/**
 * The settings of a node: {@link io.cyphonic.engine.config.NodeConfigLoader} reads {@code
 * node.yaml} into a {@link io.cyphonic.engine.config.NodeConfig} and refuses what it does not know.
 */
package io.cyphonic.engine.config;
