/**
 * A deterministic simulation of nodes, networks and the cloud in virtual time: the real control
 * plane and the real NMS on a simulated internet with NATs, weather, moves and an attacker.
 */
package io.cyphonic.engine.simulation;
