package versions

// Release is the version of this program: the newest release in CHANGELOG.md.
const Release = "0.2.0"
