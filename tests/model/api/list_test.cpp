#include "model/api/list.hpp"

#include <doctest/doctest.h>

#include <string>

#include "model/api/boxed.hpp"
#include "model/api/text.hpp"
#include "model/api/value.hpp"

using namespace model::api;

TEST_CASE("copies of a list share their block until one is changed") {
    List<Text> a = {"one", "two"};
    const List<Text> b = a;
    CHECK(a.same(b));
    a.push_back("three");
    CHECK_FALSE(a.same(b));
    CHECK(b == List<Text>{"one", "two"});
    CHECK(a == List<Text>{"one", "two", "three"});

    List<Text> c = b;
    c[0] = "1";
    CHECK(b[0] == "one");
    CHECK(c == List<Text>{"1", "two"});
}

TEST_CASE("a list grows, takes in the middle and gives back") {
    List<std::string> list;
    CHECK(list.empty());
    for (int i = 0; i < 100; ++i) list.push_back(std::to_string(i));
    CHECK(list.size() == 100);
    CHECK(list.back() == "99");
    list.insert(list.begin() + 1, "a");
    CHECK(list[0] == "0");
    CHECK(list[1] == "a");
    CHECK(list[100] == "99");
    list.erase(list.begin() + 1);
    CHECK(list[1] == "1");

    const List<std::string> before = list;
    CHECK(erase_if(list, [](const std::string& s) { return s.size() == 2; }) == 90);
    CHECK(list.size() == 10);
    CHECK(before.size() == 100);
    CHECK(erase_if(list, [](const std::string&) { return false; }) == 0);
    list.clear();
    CHECK(list == List<std::string>());
}

TEST_CASE("an element of a list may be put into that list again") {
    List<std::string> list = {std::string(40, 'x')};
    for (int i = 0; i < 40; ++i) list.push_back(list.front());
    CHECK(list.back() == std::string(40, 'x'));
    for (int i = 0; i < 40; ++i) list.emplace_back(list[0]);
    CHECK(list.back() == list.front());
}

TEST_CASE("copies of a boxed value share it until one is changed") {
    Boxed<std::string> a;
    CHECK_FALSE(a);
    a.emplace() = "one";
    Boxed<std::string> b = a;
    CHECK(a == b);
    *b = "two";
    CHECK(*std::as_const(a) == "one");
    CHECK_FALSE(a == b);
    b.reset();
    CHECK(b == Boxed<std::string>());
    CHECK(a == Boxed<std::string>(std::string("one")));
}

TEST_CASE("a value may become a part of itself") {
    Value v;
    v["a"]["b"] = "c";
    v = Value(v["a"]);
    CHECK(v.to_json() == R"({"b":"c"})");
    v = std::move(v["b"]);
    CHECK(v.to_json() == R"("c")");
}
