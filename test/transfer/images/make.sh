#!/bin/sh
# Creates encoders/: one image, encoded by third-party encoders in each type and brand that Imgwire supports. The files
# there were made with libjxl-tools 0.7.0, libheif-examples 1.15.1, libavif-bin 0.11.1, webp 1.2.4 and imagemagick
# 6.9.11 of Debian 12.
set -eu
cd "$(dirname "$0")"
mkdir -p encoders
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
in=$work/in.png
convert -size 48x36 -seed 7 plasma:tomato-steelblue -strip "$in"
convert "$in" -rotate 180 -strip "$work/turned.png"
convert "$in" \( -size 48x36 gradient: \) -alpha off -compose CopyOpacity -composite -strip "$work/alpha.png"
convert "$in" -depth 16 -strip "PNG48:$work/deep.png"
convert -delay 10 "$in" "$work/turned.png" -strip "$work/moving.gif"
convert "$in" -resize 128x128! -strip "$work/large.png"
cd encoders

cjxl "$in" cjxl-lossy.jxl
cjxl "$in" cjxl-lossless.jxl -d 0
cjxl "$in" cjxl-progressive.jxl -p
cjxl "$in" cjxl-container.jxl --container=1
cjxl "$work/alpha.png" cjxl-alpha-container.jxl --container=1 -d 0
cjxl "$work/moving.gif" cjxl-animated-container.jxl --container=1
convert "$in" "$work/in.jpg" && cjxl "$work/in.jpg" cjxl-from-jpeg-container.jxl --container=1

heif-enc "$in" -o heif-enc.heic
heif-enc -L "$in" -o heif-enc-lossless.heic
heif-enc -b 10 "$work/deep.png" -o heif-enc-10-bit.heic
heif-enc "$work/alpha.png" -o heif-enc-alpha.heic
heif-enc "$in" "$work/turned.png" -o heif-enc-two-images.heic
heif-enc --thumb 16 "$in" -o heif-enc-thumbnail.heic

avifenc "$in" avifenc.avif
avifenc --lossless "$in" avifenc-lossless.avif
avifenc -d 10 -y 444 "$in" avifenc-10-bit-444.avif
avifenc -d 12 -y 400 "$in" avifenc-12-bit-gray.avif
avifenc "$work/alpha.png" avifenc-alpha.avif
avifenc --grid 2x1 "$work/large.png" "$work/large.png" avifenc-grid.avif
avifenc "$in" "$work/turned.png" avifenc-sequence.avif

cwebp "$in" -o cwebp-lossy.webp
cwebp -lossless "$in" -o cwebp-lossless.webp
cwebp "$work/alpha.png" -o cwebp-alpha.webp
cwebp -metadata all "$in" -o cwebp-metadata.webp
gif2webp "$work/moving.gif" -o gif2webp-animated.webp
img2webp "$in" "$work/turned.png" -o img2webp-animated.webp

convert "$in" convert-baseline.jpg
convert "$in" -interlace JPEG convert-progressive.jpg
convert "$in" -colorspace Gray convert-gray.jpg
convert "$in" -colorspace CMYK convert-cmyk.jpg
convert "$in" PNG24:convert-24.png
convert "$work/deep.png" PNG48:convert-48.png
convert "$in" -colors 16 PNG8:convert-palette.png
convert "$work/alpha.png" -interlace PNG PNG32:convert-interlaced.png
convert "$in" GIF87:convert-87.gif
convert "$in" -interlace GIF convert-interlaced.gif
cp "$work/moving.gif" convert-animated.gif
convert "$in" BMP2:convert-2.bmp
convert "$in" BMP3:convert-3.bmp
convert "$work/alpha.png" BMP:convert-4.bmp
convert "$in" -colors 16 -type palette -compress RLE BMP3:convert-run-length.bmp
convert "$in" -compress none convert-plain.tif
convert "$in" -compress lzw convert-lzw.tif
convert "$in" -compress zip -endian MSB convert-zip-big-endian.tif
convert "$in" -compress jpeg convert-jpeg.tif
convert "$in" -monochrome -compress group4 convert-fax.tif
convert "$in" -define tiff:tile-geometry=16x16 -compress none convert-tiled.tif
convert "$in" "$work/turned.png" -compress lzw convert-two-pages.tif
convert "$in" TIFF64:convert-big.tif
convert "$in" -define icon:auto-resize=48,32,16 convert-three-sizes.ico
convert "$in" -resize 256x256! PNG8:"$work/256.png" && convert "$work/256.png" -compress zip convert-256.ico
