"""Hours of live use in little time: five million events a second, and somebody who cannot make up their mind."""
