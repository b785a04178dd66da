// Package container tests the recipe of the image as far as that needs no container engine.
package container
