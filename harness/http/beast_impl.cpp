// The compiled half of Boost.Asio and Boost.Beast: the one translation unit that pays for it.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
