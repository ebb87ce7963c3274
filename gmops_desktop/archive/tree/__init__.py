"""Archives of directories: `NAME.tar.zst`, the same container with a tar inside.

`zstd -dc NAME.tar.zst | tar x` restores one with stock tools.  What a file is stands in
`gmops_desktop.contract.trees`, what may not be restored in `safety`, how the tar is cut into frames
in `packing`.
"""
