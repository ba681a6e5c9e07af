import { randomFrom } from './random'
import { circle, dots, ellipse, line, path } from './shapes'

/** The polar bear, drawn by hand: on its floe, under northern light, with the sea before it. */
export function polarBear(): string {
  const random = randomFrom('oso polar')
  const aurora = (d: string, fill: string, opacity: number) => path(d, fill, `opacity="${opacity}"`)
  return [
    '<defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#0b1d33"/><stop offset=".6" stop-color="#1f4e6b"/><stop offset="1" stop-color="#7fb3b8"/></linearGradient>',
    '<linearGradient id="a" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#7df2c4" stop-opacity="0"/><stop offset=".7" stop-color="#7df2c4"/><stop offset="1" stop-color="#7df2c4" stop-opacity="0"/></linearGradient>',
    '<linearGradient id="b" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#fffdf6"/><stop offset="1" stop-color="#cfdde2"/></linearGradient></defs>',
    '<rect width="800" height="1000" fill="url(#s)"/>',
    dots(random, 70, 10, 420, 3, '#fff', 0.9),
    aurora(
      'M-20 150C120 60 220 260 380 170C540 80 640 220 820 90V330C660 420 560 300 400 380C240 460 120 300-20 400Z',
      'url(#a)',
      0.55,
    ),
    aurora(
      'M-20 60C160 10 260 160 430 80C580 20 680 120 820 30V190C680 260 560 170 420 240C260 310 130 170-20 250Z',
      'url(#a)',
      0.35,
    ),
    circle(640, 150, 44, '#fdf6df'),
    circle(640, 150, 74, '#fdf6df', 'opacity=".14"'),
    path('M-10 620L70 480L130 560L210 420L300 590L360 540L430 620V700H-10Z', '#3c6f8a'),
    path('M210 420L300 590L250 600L226 520ZM70 480L130 560L104 590Z', '#5e93a8', 'opacity=".7"'),
    path('M420 640L520 500L570 570L650 450L740 600L810 540V700H420Z', '#34637f'),
    path('M650 450L740 600L690 610L664 540Z', '#5e93a8', 'opacity=".7"'),
    path('M-10 630C200 606 560 646 810 620V1010H-10Z', '#1d4a66'),
    line('M40 690H180M300 664H420M560 700H700M90 740H150M640 760H780', '#4d8aa0', 5, 'opacity=".6"'),
    path(
      'M60 800C110 760 240 752 400 748C570 746 700 764 750 806C770 850 700 880 610 890C430 906 220 900 120 876C50 856 40 826 60 800Z',
      '#eef6f7',
    ),
    path(
      'M54 822C60 850 84 866 120 876C220 900 430 906 610 890C690 880 750 858 753 822C756 900 700 950 600 966C430 984 210 976 120 940C66 914 50 866 54 822Z',
      '#8fc0cc',
    ),
    ellipse(398, 846, 270, 22, '#b9d6dc'),
    // Far legs, body, near legs.
    path('M300 620C296 720 290 790 286 838C300 852 344 852 352 838C356 780 366 730 380 690Z', '#b7cad1'),
    path('M470 640C478 720 482 790 480 838C496 850 540 850 546 836C552 770 556 700 550 640Z', '#b7cad1'),
    path(
      'M176 610C176 520 250 470 350 466C430 462 500 452 560 470C620 490 650 560 640 650C634 700 600 720 540 724C450 730 330 736 262 716C206 700 176 670 176 610Z',
      'url(#b)',
    ),
    path(
      'M180 590C192 700 188 790 176 836C186 856 246 858 256 840C266 780 300 740 330 700C340 640 260 560 180 590Z',
      '#f3f6f4',
    ),
    path('M560 640C590 700 620 780 624 836C636 854 694 852 698 834C690 750 672 660 640 590Z', '#e4edef'),
    path('M178 560C160 566 152 590 166 606C178 604 184 588 186 572Z', '#e4edef'),
    // Neck and head, facing the viewer.
    path(
      'M520 480C560 430 600 396 650 392C700 388 734 420 738 462C742 510 706 540 660 548C620 560 600 600 590 640C550 640 500 560 520 480Z',
      '#fbfaf4',
    ),
    circle(612, 404, 22, '#f3f4ee') +
      circle(612, 404, 11, '#c4b3ad') +
      circle(694, 396, 20, '#f3f4ee') +
      circle(694, 396, 10, '#c4b3ad'),
    path('M662 470C690 452 744 456 756 488C758 516 726 530 690 528C664 526 650 492 662 470Z', '#fffdf7'),
    ellipse(744, 478, 17, 13, '#20242c') + circle(739, 474, 4, '#7e8894'),
    line('M744 490C742 508 722 514 702 510', '#6d7680', 5),
    circle(652, 452, 8, '#20242c') +
      circle(655, 449, 2.6, '#fff') +
      circle(708, 440, 7.5, '#20242c') +
      circle(711, 437, 2.5, '#fff'),
    line(
      'M250 540C300 520 340 520 380 526M300 600C340 590 380 592 410 600M450 520C480 516 500 520 516 530',
      '#d5e0e2',
      7,
      'opacity=".9"',
    ),
    line(
      'M190 846l4 10M212 850l2 10M234 850l0 10M640 846l4 10M660 848l2 10M680 846l0 10M500 848l2 8M520 848l0 8',
      '#8899a2',
      5,
    ),
    path('M-10 930C140 906 300 960 460 936C600 916 700 950 810 926V1010H-10Z', '#123750', 'opacity=".9"'),
    line('M60 968H170M300 984H430M560 966H690', '#4d8aa0', 5, 'opacity=".5"'),
    dots(random, 30, 420, 980, 5, '#fff', 0.75),
  ].join('')
}
