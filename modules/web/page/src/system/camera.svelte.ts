// How the picture lies in its frame: fitted, until somebody moves it.

const SCALE_MIN = 0.15;
const SCALE_MAX = 3;

/** So much a small picture is drawn larger at most when it is fitted, where the page's text is of the usual size. */
const FIT_MAX = 1.2;
const USUAL_PIXELS = 15.6;

export class Camera {
  x = $state(0);
  y = $state(0);
  scale = $state(1);
  /** Somebody has moved it: it is not fitted again by itself. */
  moved = $state(false);

  /** All of a picture in the middle of its frame, in pixels. */
  fit(frame: { width: number; height: number }, picture: { width: number; height: number }): void {
    const text_pixels = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const most = (FIT_MAX * text_pixels) / USUAL_PIXELS;
    const scale = Math.min(frame.width / picture.width, frame.height / picture.height, most);
    this.scale = Math.max(SCALE_MIN, scale);
    this.x = (frame.width - picture.width * this.scale) / 2;
    this.y = (frame.height - picture.height * this.scale) / 2;
    this.moved = false;
  }

  pan(x: number, y: number): void {
    this.x += x;
    this.y += y;
    this.moved = true;
  }

  /** @param at what stays where it is, in the frame's pixels */
  zoom(by: number, at: { x: number; y: number }): void {
    const scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, this.scale * by));
    const real = scale / this.scale;
    this.x = at.x - (at.x - this.x) * real;
    this.y = at.y - (at.y - this.y) * real;
    this.scale = scale;
    this.moved = true;
  }
}
