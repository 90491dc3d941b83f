//! Owns our peace with Xlib, which by default ends the whole process when an X server goes away or
//! a captured window is closed.
//!
//! The handlers are Xlib's only way to say so and are global; they count losses, and inputs that
//! capture from X compare the count. Xlib is loaded at run time: without X there is nothing to do.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_ulong, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

static LOSSES: AtomicU64 = AtomicU64::new(0);

type IoErrorHandler = unsafe extern "C" fn(*mut c_void) -> c_int;
type IoExitHandler = unsafe extern "C" fn(*mut c_void, *mut c_void);
type ErrorHandler = unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int;

/// The functions of Xlib that are needed here.
struct Xlib {
    set_io_error_handler: unsafe extern "C" fn(Option<IoErrorHandler>) -> Option<IoErrorHandler>,
    set_io_error_exit_handler: unsafe extern "C" fn(*mut c_void, IoExitHandler, *mut c_void),
    set_error_handler: unsafe extern "C" fn(Option<ErrorHandler>) -> Option<ErrorHandler>,
    open_display: unsafe extern "C" fn(*const c_char) -> *mut c_void,
    close_display: unsafe extern "C" fn(*mut c_void) -> c_int,
    get_window_attributes: unsafe extern "C" fn(*mut c_void, c_ulong, *mut c_void) -> c_int,
}

fn xlib() -> Option<&'static Xlib> {
    static XLIB: OnceLock<Option<Xlib>> = OnceLock::new();
    XLIB.get_or_init(|| {
        // SAFETY: plain loader calls with NUL-terminated names. The library is never unloaded, and
        // each symbol is given the type that Xlib.h declares for it.
        unsafe {
            let library = libc::dlopen(c"libX11.so.6".as_ptr(), libc::RTLD_NOW);
            if library.is_null() {
                return None;
            }
            let symbol = |name: &CStr| {
                let found = libc::dlsym(library, name.as_ptr());
                (!found.is_null()).then_some(found)
            };
            let loaded = Xlib {
                set_io_error_handler: std::mem::transmute::<
                    *mut c_void,
                    unsafe extern "C" fn(Option<IoErrorHandler>) -> Option<IoErrorHandler>,
                >(symbol(c"XSetIOErrorHandler")?),
                // Since libX11 1.7 (2020).
                set_io_error_exit_handler: std::mem::transmute::<
                    *mut c_void,
                    unsafe extern "C" fn(*mut c_void, IoExitHandler, *mut c_void),
                >(symbol(c"XSetIOErrorExitHandler")?),
                set_error_handler: std::mem::transmute::<
                    *mut c_void,
                    unsafe extern "C" fn(Option<ErrorHandler>) -> Option<ErrorHandler>,
                >(symbol(c"XSetErrorHandler")?),
                open_display: std::mem::transmute::<
                    *mut c_void,
                    unsafe extern "C" fn(*const c_char) -> *mut c_void,
                >(symbol(c"XOpenDisplay")?),
                close_display: std::mem::transmute::<
                    *mut c_void,
                    unsafe extern "C" fn(*mut c_void) -> c_int,
                >(symbol(c"XCloseDisplay")?),
                get_window_attributes: std::mem::transmute::<
                    *mut c_void,
                    unsafe extern "C" fn(*mut c_void, c_ulong, *mut c_void) -> c_int,
                >(symbol(c"XGetWindowAttributes")?),
            };
            (loaded.set_io_error_handler)(Some(on_io_error));
            (loaded.set_error_handler)(Some(on_error));
            Some(loaded)
        }
    })
    .as_ref()
}

thread_local! {
    /// This thread's display has an exit handler, so that the error handler may return.
    static MAY_RETURN: Cell<bool> = const { Cell::new(false) };
}

/// The server is gone. Xlib ends the process when this returns, unless the display was given an
/// exit handler while it was well, which only works for displays that we opened. An element's
/// streaming thread therefore waits here for ever: one thread lost for each X server that dies,
/// and its pipeline is left behind after a bounded wait.
unsafe extern "C" fn on_io_error(_display: *mut c_void) -> c_int {
    LOSSES.fetch_add(1, Ordering::SeqCst);
    while !MAY_RETURN.get() {
        std::thread::park();
    }
    0
}

unsafe extern "C" fn stay(_display: *mut c_void, _data: *mut c_void) {}

/// A request failed, for instance because the captured window was closed.
unsafe extern "C" fn on_error(_display: *mut c_void, _event: *mut c_void) -> c_int {
    LOSSES.fetch_add(1, Ordering::SeqCst);
    0
}

/// Installs the handlers (once) and returns how often something was lost so far. Something captured
/// from X that was opened at another count is not to be trusted any more.
pub(super) fn losses() -> u64 {
    let _ = xlib();
    LOSSES.load(Ordering::SeqCst)
}

/// Whether the window is there. Asked before each capture: ximagesrc shows the whole screen
/// instead of a window that does not exist.
pub(super) fn window_exists(display: Option<&str>, window: u64) -> bool {
    let (Some(xlib), Ok(window)) = (xlib(), c_ulong::try_from(window)) else {
        return false;
    };
    let name = display.and_then(|display| CString::new(display).ok());
    // XWindowAttributes has 136 bytes on 64-bit systems.
    let mut attributes = [0u64; 64];
    // SAFETY: the name outlives the call, the display is closed exactly once, and the attributes
    // are written into a larger, aligned buffer.
    unsafe {
        let open = (xlib.open_display)(name.as_ref().map_or(std::ptr::null(), |n| n.as_ptr()));
        if open.is_null() {
            return false;
        }
        (xlib.set_io_error_exit_handler)(open, stay, std::ptr::null_mut());
        MAY_RETURN.set(true);
        let status =
            (xlib.get_window_attributes)(open, window, attributes.as_mut_ptr().cast::<c_void>());
        (xlib.close_display)(open);
        MAY_RETURN.set(false);
        status != 0
    }
}
