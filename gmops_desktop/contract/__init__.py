"""Pure rules of the contract, without input or output."""
