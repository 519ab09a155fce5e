#!/bin/sh
# Makes the images and the videos of the sandbox with ffmpeg. The results are committed.
set -eu
cd "$(dirname "$0")"

# picture NAME WIDTH HEIGHT TOP BOTTOM SUN_Y: a sky from one colour to another, a sun and a hill
picture() {
	ffmpeg -v error -y -f lavfi -i "gradients=s=$2x$3:c0=$4:c1=$5:x0=0:y0=0:x1=0:y1=$3:n=2:d=1:r=1" -frames:v 1 -vf \
		"format=rgb24,geq=r='if(gt(Y,H*0.78+H*0.05*sin(X/W*6.28)),18,if(lt(hypot(X-W*$7,Y-H*$6),H*0.09),255,r(X,Y)))':g='if(gt(Y,H*0.78+H*0.05*sin(X/W*6.28)),30,if(lt(hypot(X-W*$7,Y-H*$6),H*0.09),236,g(X,Y)))':b='if(gt(Y,H*0.78+H*0.05*sin(X/W*6.28)),46,if(lt(hypot(X-W*$7,Y-H*$6),H*0.09),190,b(X,Y)))'" \
		-q:v 4 "$1"
}
picture first-frame.jpg 1280 720 0x2b5876 0xf9a65a 0.62 0.25
picture last-frame.jpg 1280 720 0x1a1a40 0xc2506a 0.30 0.72
picture first-frame.png 640 360 0x2b5876 0xf9a65a 0.62 0.25
picture portrait-first.jpg 720 1280 0x2b5876 0xf9a65a 0.62 0.30
picture portrait-last.jpg 720 1280 0x1a1a40 0xc2506a 0.30 0.65
picture reference-1.jpg 640 360 0x1f6f54 0xd9e8a0 0.50 0.30
picture reference-2.jpg 640 360 0x5b2a86 0xf3c4d3 0.40 0.50
picture reference-3.jpg 640 360 0x10375c 0x7fd1d8 0.30 0.70

# video NAME SECONDS FIRST LAST: fades from the first picture to the last one over a soft chord
video() {
	fade=$(($2 - 2))
	ffmpeg -v error -y -loop 1 -t "$2" -r 24 -i "$3" -loop 1 -t "$2" -r 24 -i "$4" \
		-f lavfi -t "$2" -i "aevalsrc='0.12*sin(2*PI*220*t)+0.09*sin(2*PI*277*t)+0.07*sin(2*PI*330*t)':s=44100" \
		-filter_complex "[0]format=yuv420p,settb=AVTB[a];[1]format=yuv420p,settb=AVTB[b];[a][b]xfade=transition=smoothup:duration=$fade:offset=1,trim=duration=$2[v];[2]afade=t=in:d=0.5,afade=t=out:st=$(($2 - 1)):d=1[s]" \
		-map '[v]' -map '[s]' -c:v libx264 -preset veryslow -crf 30 -pix_fmt yuv420p -t "$2" \
		-c:a aac -b:a 48k -movflags +faststart "$1"
}
for seconds in 4 6 7 8; do
	video "landscape-${seconds}s.mp4" "$seconds" first-frame.jpg last-frame.jpg
	video "portrait-${seconds}s.mp4" "$seconds" portrait-first.jpg portrait-last.jpg
done
