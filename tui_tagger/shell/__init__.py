"""Parts of the app that are no screen: its keys, its looks, the jobs that outlive a screen."""
