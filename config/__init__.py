"""What a plan chooses: settings of the workspace over the profile that it is based on."""
