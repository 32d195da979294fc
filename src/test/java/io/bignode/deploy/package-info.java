/**
 * Tests of what lies around the program: launcher, scripts, compose files, image. Scripts run for real, in a copy of their folder and with
 * nothing on their {@code PATH} but what a test put there; what they would call (java, mvn, docker) is a small script that writes down how
 * it was called.
 */
package io.bignode.deploy;
