/* terminal: what a terminal is like and whose it is. Standard output is one. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int main(void)
{
	struct termios t;
	struct winsize size = { 24, 80, 0, 0 };
	int master, n = 0;

	isatty(0);
	isatty(1);
	ioctl(1, TIOCGWINSZ, &size);
	tcgetattr(1, &t);
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	ioctl(master, TIOCSPTLCK, &n);
	tcgetattr(master, &t);
	t.c_lflag &= ~(ECHO | ICANON);
	t.c_cc[VMIN] = 1;
	cfsetspeed(&t, B9600);
	tcsetattr(master, TCSANOW, &t);
	tcsetattr(master, TCSADRAIN, &t);
	tcsetattr(master, TCSAFLUSH, &t);
	size.ws_col = 132;
	ioctl(master, TIOCSWINSZ, &size);
	ioctl(master, TIOCGPTLCK, &n);
	tcflush(master, TCIOFLUSH);
	tcflow(master, TCOON);
	tcsendbreak(master, 0);
	ioctl(master, FIONREAD, &n);
	ioctl(master, TIOCOUTQ, &n);
	ioctl(master, TIOCGETD, &n);
	ioctl(master, TIOCEXCL);
	ioctl(master, TIOCNXCL);
	ioctl(1, TIOCSCTTY, 0);
	tcgetpgrp(1);
	tcsetpgrp(1, getpid());
	tcgetsid(1);
	ioctl(1, TIOCNOTTY);
	return 0;
}
