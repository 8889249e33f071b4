"""What several figures use: the network, the preparation of pictures, the kit of elements."""
